// Preloaded into tasks: a task whose supervisor is gone ends too, wherever it is.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
