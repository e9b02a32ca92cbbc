"""The steps of each model, from its recipe to the published folder."""
