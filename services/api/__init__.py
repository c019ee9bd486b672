"""HTTP: health, figures and read models. On loopback only, until the doors have locks."""
