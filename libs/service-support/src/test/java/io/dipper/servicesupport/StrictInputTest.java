package io.dipper.servicesupport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Input that is not what a service wants is refused by the field, in words of the API.
class StrictInputTest {

    @TempDir
    static Path home;

    static ConfigurableApplicationContext service;
    static HttpClient http;
    static String token;

    @BeforeAll
    static void start() throws Exception {
        service = SampleApplication.start(Map.of("dipper.home", home.toString(), "server.port", 0));
        http = HttpClient.newHttpClient();
        token = Files.readString(home.resolve("service-token")).strip();
    }

    @AfterAll
    static void stop() {
        http.close();
        service.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'text':5}| text| text must be a text",
                "{'text':1.5}| text| text must be a text",
                "{'text':true}| text| text must be a text",
                "{'text':['a']}| text| text must be a text",
                "{'text':{}}| text| text must be a text",
                "{'text':'a','colour':'green'}| colour| colour must be one of RED, BLUE",
                "{'text':'a','colour':1}| colour| colour must be one of RED, BLUE",
                "{'text':'a','colour':'1'}| colour| colour must be one of RED, BLUE",
                "{'text':'a','colour':''}| colour| colour must be one of RED, BLUE",
                "{'text':'a','size':'1'}| size| size must be an integer of 32 bits",
                "{'text':'a','size':''}| size| size must be an integer of 32 bits",
                "{'text':'a','size':1.9}| size| size must be an integer of 32 bits",
                "{'text':'a','size':1.0}| size| size must be an integer of 32 bits",
                "{'text':'a','size':true}| size| size must be an integer of 32 bits",
                "{'text':'a','size':3000000000}| size|",
                "{'text':'a','size':300000000000000000000}| size|",
                "{'text':'a','page':7}| page| page must be an object",
                "{'text':'a','page':'x'}| page| page must be an object",
                "{'text':'a','page':''}| page| page must be an object",
                "{'text':'a','page':[]}| page| page must be an object",
                "{'text':'a','page':{'number':'x'}}| page.number| page.number must be an integer of 32 bits",
                "{'text':'a','page':{'n':1}}| page.n| page.n is not known here; known are number",
                "{'text':'a','more':1}| more| more is not known here; known are colour, page, size, text",
                "{'text':'a','<b>':1}|| a field is not known here; known are colour, page, size, text",
                "{'text':'a','text':'b'}| text|",
                "{'page':{'number':1,'number':1}}| page.number|",
                "{'text':'\\u0000'}| text| text must not hold the character U+0000",
                "{'text':'\\ud800'}| text|",
                "[]||",
                "null||",
                "{}{}||",
                "''||"
            })
    void aBodyThatIsNotToTheLetterIsRefusedByField(String body, String param, String message) throws Exception {
        assertRefused(post("/notes", "application/json", body.replace('\'', '"')), param, message);
    }

    @Test
    void whatIsToTheLetterIsTaken() throws Exception {
        String body = """
                {"text":"\u00e9 \ud83d\ude00","colour":"BLUE","size":1,"page":{"number":null}}""";
        assertThat(post("/notes", "application/json", body).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/notes/x| id| id must be an integer of 64 bits",
                "/notes/99999999999999999999| id| id must be an integer of 64 bits",
                "/notes/1?max=abc| max| max must be an integer of 32 bits",
                "/notes/1?max=1.5| max| max must be an integer of 32 bits",
                "/notes/1?max=%00| max| max must not hold the character U+0000",
                "/notes?q=a&r=a%00b| r| r must not hold the character U+0000",
                "/notes?%00=a|| the query must not hold the character U+0000",
                "/notes/%00|| the path must not hold the character U+0000"
            })
    void pathsAndQueriesAreRefusedByField(String path, String param, String message) throws Exception {
        HttpRequest request = request(path).GET().build();
        assertRefused(http.send(request, HttpResponse.BodyHandlers.ofString()), param, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000b", ""})
    void whatNoFieldIsToBlameForIsTheClientsStill(String body) throws Exception {
        assertRefused(post("/raw", "application/octet-stream", body), null, null);
    }

    private static void assertRefused(HttpResponse<String> reply, String param, String message) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        JsonNode error = JsonMapper.shared().readTree(reply.body()).get("error");
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue())
                .as(reply.body())
                .isEqualTo(param);
        String said = error.get("message").stringValue();
        if (message == null) {
            assertThat(said).isNotBlank().doesNotContain("io.dipper", "java", "JSON decoding", "HTTP message");
        } else {
            assertThat(said).isEqualTo(message);
        }
    }

    private static HttpResponse<String> post(String path, String type, String body) throws Exception {
        HttpRequest request = request(path)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        String port = service.getEnvironment().getProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + token);
    }
}
