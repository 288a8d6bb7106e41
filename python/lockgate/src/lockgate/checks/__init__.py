"""The platform's own checks of a repository and of its model, run by the engine on code that they never import.

Lint and unit tests judge a commit. Parity, quality and bias measure an exported model; a gate policy judges that. They
run isolated, on the standard library, what the platform's lock pins and `lockgate.stats`; nothing here may import the
rest of the SDK.
"""
