package io.dipper.servicesupport;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// A service as small as they get, with a database.
@WebService
@WithDatabase
@Import(SampleApplication.Notes.class)
public class SampleApplication {

    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return ServiceBootstrap.start(SampleApplication.class, "sample", properties);
    }

    enum Colour {
        RED,
        BLUE
    }

    record Page(Integer number) {}

    record Note(String text, Colour colour, Integer size, Page page) {}

    @RestController
    static class Notes {

        private final JdbcClient jdbc;

        Notes(JdbcClient jdbc) {
            this.jdbc = jdbc;
        }

        @PostMapping(path = "/notes", consumes = MediaType.APPLICATION_JSON_VALUE)
        Map<String, Boolean> add(@RequestBody Note note) {
            jdbc.sql("insert into notes (text) values (?)").param(note.text()).update();
            return Map.of("virtual", Thread.currentThread().isVirtual());
        }

        @GetMapping("/notes")
        List<String> all() {
            return jdbc.sql("select text from notes order by id")
                    .query(String.class)
                    .list();
        }

        @GetMapping("/notes/{id}")
        List<String> one(@PathVariable long id, @RequestParam(name = "max", required = false) Integer limit) {
            return jdbc.sql("select text from notes where id = ? limit ?")
                    .params(id, limit)
                    .query(String.class)
                    .list();
        }

        @PostMapping("/raw")
        void raw(@RequestBody byte[] text) {
            jdbc.sql("insert into notes (text) values (?)")
                    .param(new String(text, StandardCharsets.UTF_8))
                    .update();
        }

        @GetMapping("/broken")
        String broken() {
            throw new IllegalStateException("secret detail");
        }
    }
}
