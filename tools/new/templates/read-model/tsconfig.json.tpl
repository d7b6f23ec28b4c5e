{
  "extends": "../../../tsconfig.base.json",
  "compilerOptions": {
    "rootDir": "src",
    "outDir": "../../../dist/types/libs/read-models/{{name}}",
    "tsBuildInfoFile": "../../../dist/types/libs/read-models/{{name}}/tsconfig.tsbuildinfo"
  },
  "include": ["src/**/*.ts"],
  "references": [
    { "path": "../../kernel" },
    { "path": "../../contracts" },
    { "path": "../../projection" }
  ]
}
