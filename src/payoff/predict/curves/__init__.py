"""Learning curves and scaling laws (in the making)."""
