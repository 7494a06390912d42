'use strict';
// jest maps `@azure/functions-core` here (see jest.config.mjs): tests register with the same module as the local host's apps.
module.exports = require('../../local/functions-host/functions-core.cjs');
