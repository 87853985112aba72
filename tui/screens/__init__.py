"""The screens: each owns one flow."""
