// Is what comes on standard input an OpenAPI document, and does each example
// in it obey its own schema?  Prints what is wrong; exits with 1 then.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(process.env.OPENAPI_TOOLS, 'x'));
const { Validator } = await import(pathToFileURL(
    require.resolve('@seriousme/openapi-schema-validator')));
const Ajv = require('ajv/dist/2020.js').default;
const formats = require('ajv-formats').default;

const text = readFileSync(0, 'utf8');
const doc = JSON.parse(text);
const wrong = [];
let examples = 0;


function resolve(node) {
    return node.$ref
        ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], doc)
        : node;
}


// A schema of the document with those that it refers to.

function validator(schema) {
    const ajv = new Ajv({ strict: false, allErrors: true });

    formats(ajv);

    return ajv.compile({ ...schema, components: doc.components });
}


const result = await new Validator().validate(JSON.parse(text));

if (!result.valid) {
    wrong.push(JSON.stringify(result.errors, null, 1).slice(0, 4000));
}

for (const [name, item] of Object.entries(doc.paths)) {
    for (const [method, operation] of Object.entries(item)) {
        const where = `${method} ${name}`;
        const named = [...name.matchAll(/\{(\w+)\}/g)].map(m => m[1]);
        const given = operation.parameters.filter(p => p.in === 'path')
            .map(p => p.name);

        if (named.join() !== given.join()) {
            wrong.push(`${where}: parameters ${given}`);
        }

        for (const parameter of operation.parameters) {
            validator(parameter.schema);
        }

        const body = operation.requestBody?.content || {};

        Object.values(body).forEach(media => validator(media.schema));

        for (const [status, answer] of Object.entries(operation.responses)) {
            for (const media of Object.values(resolve(answer).content || {})) {
                const check = validator(media.schema || {});

                for (const [key, example] of
                     Object.entries(media.examples || {})) {
                    examples++;

                    if (!check(resolve(example).value)) {
                        wrong.push(`${where} ${status} ${key}: `
                                   + JSON.stringify(check.errors));
                    }
                }
            }
        }
    }
}

const ids = Object.values(doc.paths).flatMap(Object.values)
    .map(operation => operation.operationId);

if (new Set(ids).size !== ids.length) {
    wrong.push('an operationId is there twice');
}

console.log(wrong.length === 0 ? `${examples} examples` : wrong.join('\n'));
process.exitCode = wrong.length === 0 ? 0 : 1;
