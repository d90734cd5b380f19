"""What people look at: tables, progress bars and figures of what the rooms below return."""
