"""The rules of care dispatch: from what happened and what is asked to what happens. Pure."""
