"""The platform's own checks of a repository, run by the engine on code that they never import.

They run isolated, on the standard library and what the platform's lock pins; nothing here may import the rest of the
SDK.
"""
