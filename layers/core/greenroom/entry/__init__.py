"""Where a Lambda begins: settings from the environment, parsing at the edge, problem details, tracing, composition."""
