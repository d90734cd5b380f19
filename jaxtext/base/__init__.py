"""What every part of the package may use: errors, array structures, checks, files."""
