package io.dipper.openaiapi.wire;

import java.util.List;

/// `GET /v1/models`
public record Models(String object, List<Model> data) {

    public static Models of(List<Model> models) {
        return new Models("list", models);
    }

    /// A model that can be asked.
    ///
    /// @param created seconds since 1970
    /// @param maxModelLen most tokens of prompt and answer
    public record Model(String id, String object, long created, String ownedBy, int maxModelLen) {
        public static Model of(String id, long created, int maxModelLen) {
            return new Model(id, "model", created, "dipper", maxModelLen);
        }
    }
}
