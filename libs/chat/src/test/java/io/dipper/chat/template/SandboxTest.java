package io.dipper.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A template is someone else's program.
@Timeout(60)
class SandboxTest {
    private static final Map<String, Object> VARIABLES = Map.of(
            "messages", List.of(Map.of("role", "user", "content", "Hi")), "name", "<b>&", "numbers", List.of(3, 1, 2));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 'x' * 1000000000 }}",
                "{{ 'x' * 10000000 * 100 }}",
                "{% for i in range(1000000000) %}x{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(t='x') %}{% for i in range(64) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
                "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
                "{{ ('ab' * 1000000).replace('a', 'b' * 1000000) }}",
                "{{ range(20000000) | list | join('xxxxxxxxxxxxxxxx') }}",
                "{{ '%1000000000d' % 5 }}"
            })
    void whatWouldNeverEndOrFillTheMemoryIsRefused(String source) {
        assertThatThrownBy(() -> render(source)).isInstanceOf(TemplateException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ messages.__class__ }}",
                "{{ ''.__class__.__mro__ }}",
                "{{ name.getClass() }}",
                "{{ messages.class.forName('java.lang.Runtime') }}",
                "{{ self._TemplateReference__context }}",
                "{{ cycler.__init__.__globals__ }}",
                "{% include 'etc/passwd' %}",
                "{% import 'os' as os %}",
                "{{ messages | attr('__class__') | nosuchfilter }}",
                "{{ 1 is nosuchtest }}"
            })
    void nothingOfTheMachineIsInSight(String source) {
        String seen;
        try {
            seen = render(source);
        } catch (TemplateException e) {
            return;
        }
        assertThat(seen).doesNotContain("class", "java", "root:");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '§',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "{{ numbers | sort | join(',') }}§1,2,3",
                "{% for n in numbers %}{{ loop.index }}{{ loop.first }}{{ loop.last }};{% endfor %}§1TrueFalse;2FalseFalse;3FalseTrue;",
                "{%- set ns = namespace(n=0) -%} {%- for n in numbers -%} {%- set ns.n = ns.n + n -%} {%- endfor -%} {{ ns.n }}§6",
                "{% macro tag(x, y='!') %}<{{ x }}{{ y }}>{% endmacro %}{{ tag('a') }}{{ tag('b', y='?') }}§<a!><b?>",
                "{{ messages | tojson }}§[{\"content\": \"Hi\", \"role\": \"user\"}]",
                "{{ name }}§<b>&",
                "{{ messages[0].content[::-1] }}§iH",
                "{{ missing is defined }}{{ missing or 'x' }}§Falsex",
                "{% for n in numbers if n > 1 %}{{ n }}{% else %}none{% endfor %}§32",
                "{% if 'user' in messages[0].values() %}yes{% endif %}§yes"
            })
    void theLanguageIsTheReferences(String source, String expected) {
        assertThat(render(source)
                        .replace(
                                "{\"role\": \"user\", \"content\": \"Hi\"}",
                                "{\"content\": \"Hi\", \"role\": \"user\"}"))
                .isEqualTo(expected);
    }

    private static String render(String source) {
        return ChatTemplate.compile(source).render(VARIABLES, Clock.systemUTC());
    }
}
