"""What would more cost and bring? Predictions are distributions; whether they are worth it is for `judge`."""
