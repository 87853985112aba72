"""The phone server: text messages, calls and the address book."""
