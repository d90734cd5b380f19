"""What people look at: tables and figures of the values that other parts of the package return."""
