package io.dipper.providers.springai;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.DefaultToolDefinition;
import org.springframework.ai.tool.definition.ToolDefinition;

/// A function that the client declared and will carry out itself: the model may call it, nobody here
/// runs it.
record DeclaredTool(String name, String description, String schema) implements ToolCallback {

    @Override
    public ToolDefinition getToolDefinition() {
        return DefaultToolDefinition.builder()
                .name(name)
                .description(description == null ? name : description)
                .inputSchema(schema)
                .build();
    }

    @Override
    public String call(String input) {
        throw new UnsupportedOperationException("the client runs its own functions");
    }
}
