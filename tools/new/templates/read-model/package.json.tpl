{
  "name": "@meridian/read-model-{{name}}",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "license": "MIT",
  "exports": {
    ".": "./src/index.ts"
  },
  "dependencies": {
    "@meridian/kernel": "0.1.0",
    "@meridian/contracts": "0.1.0",
    "@meridian/projection": "0.1.0"
  },
  "nx": {
    "tags": ["type:read-model", "context:{{name}}"]
  }
}
