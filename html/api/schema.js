// A JSON Schema in words.


export function kindOf(schema) {
    if ('const' in schema) {
        return JSON.stringify(schema.const);
    }

    if (schema.enum) {
        return schema.enum.map(value => JSON.stringify(value)).join(' | ');
    }

    if (schema.anyOf) {
        return schema.anyOf.map(kindOf).join(' or ');
    }

    if (!schema.type) {
        return schema.description || 'any';
    }

    const kind = [].concat(schema.type).join(' or ');

    if (schema.items) {
        return `list of ${kindOf(schema.items)}`;
    }

    return schema.format && schema.format !== 'int64' ? schema.format : kind;
}


function limits(schema) {
    const low = schema.minLength ?? schema.minimum;
    const high = schema.maxLength ?? schema.maximum;
    const unit = 'maxLength' in schema || 'minLength' in schema
        ? ' characters' : '';

    if (low === undefined && high === undefined) {
        return '';
    }

    return high === undefined || high > 1e9
        ? low ? `from ${low}${unit}` : ''
        : `${low ?? 0} to ${high}${unit}`;
}


// Rows {name, kind, note}; members of members have names with dots.

export function fields(schema, resolve, prefix = '') {
    const all = resolve(schema);

    return Object.entries(all.properties || {}).flatMap(([name, one]) => {
        const inner = one.properties ? one
            : one.items?.properties ? one.items
            : one.anyOf?.find(part => part.properties);
        const path = prefix + name + (one.items?.properties ? '[]' : '');
        const note = [all.required?.includes(name) ? '' : 'optional',
            limits(one), one['x-aliases']
                ? `or ${one['x-aliases'].join(', ')}` : '']
            .filter(text => text !== '').join(', ');

        return [{ name: path, kind: kindOf(one), note },
            ...inner ? fields(inner, resolve, `${path}.`) : []];
    });
}
