"""The REST API, version 1: one module for each resource."""

PREFIX = "/api/v1"
