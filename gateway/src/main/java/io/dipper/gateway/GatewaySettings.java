package io.dipper.gateway;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/// The gateway's limits, `dipper.gateway.*`.
///
/// @param maxBody of a request, which is held in memory until it is sent
/// @param firstByte how long a stream may take to begin
/// @param reply how long an answer in one piece may take to begin
/// @param idle the longest silence within an answer while the client is ready to take more
/// @param stalled how long a client may take nothing of its answer before its stream is ended
/// @param perKey requests that one key may have at the same time
/// @param perKeyPerMinute requests that one key may begin in a minute; 0 for any number
/// @param perEndpoint requests that one endpoint is given at the same time
/// @param circuitOpen how long an endpoint that fails is left alone
public record GatewaySettings(
        @DefaultValue("8MB") DataSize maxBody,
        @DefaultValue("120s") Duration firstByte,
        @DefaultValue("600s") Duration reply,
        @DefaultValue("60s") Duration idle,
        @DefaultValue("60s") Duration stalled,
        @DefaultValue("256") int perKey,
        @DefaultValue("0") int perKeyPerMinute,
        @DefaultValue("256") int perEndpoint,
        @DefaultValue("5s") Duration circuitOpen) {

    public static GatewaySettings from(Environment environment) {
        return Binder.get(environment).bindOrCreate("dipper.gateway", GatewaySettings.class);
    }
}
