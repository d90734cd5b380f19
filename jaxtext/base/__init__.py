"""What every room may use: errors, array structures, checks of arguments, files."""
