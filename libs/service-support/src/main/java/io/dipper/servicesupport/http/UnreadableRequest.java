package io.dipper.servicesupport.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.ReferenceCountUtil;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import reactor.netty.NettyPipeline;

/// What the server's decoder cannot read (a request line that is none, one that is too long, headers
/// that are too large) never becomes a request: it is answered with an empty body, and the connection
/// is closed. Here that gets a body and an id like every other error.
final class UnreadableRequest implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server -> server.doOnChannelInit((_, channel, _) -> {
            if (channel.pipeline().get(NettyPipeline.HttpCodec) != null) {
                channel.pipeline().addAfter(NettyPipeline.HttpCodec, "unreadable-request", new Bodies());
            }
        }));
    }

    private static final class Bodies extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
            boolean bare = message instanceof FullHttpResponse response
                    && response.status().code() >= 400
                    && !response.content().isReadable()
                    && !response.headers().contains(HttpHeaderNames.CONTENT_TYPE)
                    && !response.headers().contains(RequestIdFilter.HEADER);
            super.write(context, bare ? withBody((FullHttpResponse) message) : message, promise);
        }

        private static FullHttpResponse withBody(FullHttpResponse bare) {
            ByteBuf body = Unpooled.wrappedBuffer(error(bare.status().code()).toJson());
            var answer = new DefaultFullHttpResponse(bare.protocolVersion(), bare.status(), body);
            answer.headers()
                    .set(bare.headers())
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                    .set(RequestIdFilter.HEADER, RequestIdFilter.newId());
            ReferenceCountUtil.release(bare);
            return answer;
        }

        private static ApiError error(int status) {
            String message = switch (status) {
                case 413 -> "the request is too large";
                case 414 -> "the request line is too long";
                case 431 -> "the request's headers are too large";
                default -> "this is no HTTP request";
            };
            return new ApiError(status, message, "invalid_request_error", null, null);
        }
    }
}
