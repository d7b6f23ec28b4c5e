{
  "name": "@meridian/projector-{{name}}",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "license": "MIT",
  "dependencies": {
    "@meridian/projector-host": "0.1.0",
    "@meridian/read-model-{{name}}": "0.1.0"
  },
  "nx": {
    "tags": ["type:app", "context:{{name}}"]
  }
}
