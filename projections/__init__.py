"""What people look at: tables that are folds over the log, and may be thrown away."""
