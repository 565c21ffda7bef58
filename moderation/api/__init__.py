"""The API that platforms call: one module per noun, thin over the stages (contract: docs/api.md)."""
