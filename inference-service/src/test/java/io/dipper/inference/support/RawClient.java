package io.dipper.inference.support;

import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/// A client that reads only when told to and can leave at any time.
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MS = 5;

    private final Socket socket;
    private final StringBuilder read = new StringBuilder();

    private RawClient(Socket socket) {
        this.socket = socket;
    }

    /// Connects and sends the request; does not wait for an answer.
    public static RawClient post(RunningService service, String path, Object body) throws IOException {
        byte[] json = Json.bytes(body);
        String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + RunningService.KEY
                + "\r\nContent-Type: application/json\r\nContent-Length: " + json.length + "\r\n\r\n";
        RawClient client = open(service);
        client.send(head.getBytes(StandardCharsets.US_ASCII));
        client.send(json);
        return client;
    }

    /// Connects and says nothing yet.
    public static RawClient open(RunningService service) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        socket.setSoTimeout(PATIENCE_MS);
        return new RawClient(socket);
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /// Reads until this text has come, doing something whenever nothing comes.
    public void awaitText(String text, Runnable meanwhile) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[4_096];
        while (read.indexOf(text) < 0) {
            int count = readSome(in, buffer);
            if (count < 0) {
                throw new IOException("the connection ended before '" + text + "' came: " + read);
            }
            read.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
            if (count == 0) {
                meanwhile.run();
            }
            if (Thread.interrupted()) {
                throw new IOException("'" + text + "' did not come in time: " + read);
            }
        }
    }

    private static int readSome(InputStream in, byte[] buffer) throws IOException {
        try {
            return in.read(buffer);
        } catch (SocketTimeoutException e) {
            return 0;
        }
    }

    public String text() {
        return read.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
