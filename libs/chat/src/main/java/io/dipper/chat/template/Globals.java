package io.dipper.chat.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Functions that every template may call.
final class Globals {
    static final Set<String> NAMES = Set.of("namespace", "raise_exception", "strftime_now", "range", "dict");
    private static final int MAX_RANGE = 100_000;

    private Globals() {}

    static Scope scope(Clock clock, Budget budget) {
        var scope = new Scope(null);
        scope.set("namespace", (Function) (arguments, named) -> new Namespace(members(arguments, named, budget)));
        scope.set("dict", (Function)
                (arguments, named) -> new LinkedHashMap<Object, Object>(members(arguments, named, budget)));
        scope.set("range", (Function) (arguments, named) -> range(new Call("range", arguments, named).atMost(3)));
        scope.set("strftime_now", (Function) (arguments, named) -> {
            String format = new Call("strftime_now", arguments, named).text(0, "format");
            return Strftime.format(format, LocalDateTime.now(clock));
        });
        scope.set("raise_exception", (Function) (arguments, named) -> {
            Object message = new Call("raise_exception", arguments, named).require(0, "message");
            throw new TemplateException(TemplateException.Kind.RAISED, Texts.of(message, budget));
        });
        return scope;
    }

    private static Map<String, Object> members(List<Object> arguments, Map<String, Object> named, Budget budget) {
        var members = new LinkedHashMap<String, Object>();
        for (Object argument : arguments) {
            if (!(argument instanceof Map<?, ?> map)) {
                throw TemplateException.type("'" + Values.typeName(argument) + "' object is not a mapping");
            }
            map.forEach((key, value) -> members.put(Texts.of(key, budget), value));
        }
        members.putAll(named);
        return members;
    }

    private static Range range(Call call) {
        boolean one = call.arguments().size() < 2;
        long from = one ? 0 : call.integer(0, "start", 0);
        long to = call.require(0, "stop") == null ? 0 : call.integer(one ? 0 : 1, "stop", 0);
        long step = call.integer(2, "step", 1);
        if (step == 0) {
            throw new TemplateException(TemplateException.Kind.VALUE, "range() arg 3 must not be zero");
        }
        var items = new ArrayList<Object>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (items.size() == MAX_RANGE) {
                throw new TemplateException(
                        TemplateException.Kind.LIMIT, "a range has more than " + MAX_RANGE + " items");
            }
            items.add(i);
        }
        return new Range(from, to, step, items);
    }
}
