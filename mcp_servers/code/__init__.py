"""Reads, searches and changes the files of one workspace, and runs commands and git in it."""
