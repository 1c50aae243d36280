"""The same thing as people expect it: Flask, Flask-SocketIO, push; what we are measured against."""
