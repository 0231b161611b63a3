"""The ground programs stand on: app, flags, logging, gfile, test, decorators."""
