  if (event.type === '{{Name}}') {
    // TODO(new): what {{Name}} changes.
    if (!state) throw new Error(`{{Name}} cannot follow: there is no {{aggregate}} ${event.data.{{id}}}`);
    return state;
  }
