package io.dipper.inference;

import io.dipper.engineort.RunnerOptions;
import io.dipper.inference.host.CardReport;
import io.dipper.inference.host.OrtRunners;
import io.dipper.inference.host.RunnerFactory;
import io.dipper.servicesupport.ServiceBootstrap;
import io.dipper.servicesupport.WebService;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/// The service that computes answers: models on this host's devices, behind OpenAI's routes.
@WebService
@Import(InferenceConfiguration.class)
public class InferenceApplication {
    private static final String CARDS = "dipper.inference.cards";
    private static final Pattern CARD = Pattern.compile("[0-9]{1,2}");
    private static final List<String> FIRST_CARD = List.of("0");

    /// Starts the service and returns when it takes requests. The model that `dipper.model` names
    /// is being loaded then; `/health/ready` says when it serves.
    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return ServiceBootstrap.start(InferenceApplication.class, "inference", properties);
    }

    /// Models run on ONNX Runtime.
    ///
    /// @param kvBytes most memory that a model's keys and values may take; only what is written
    ///     becomes resident
    /// @param cardKvBytes the same on a card; 0 takes what weights and workspace leave free
    @Bean
    RunnerFactory runnerFactory(
            @Value("${dipper.inference.kv-bytes:512MB}") DataSize kvBytes,
            @Value("${dipper.inference.card-kv-bytes:0}") DataSize cardKvBytes,
            Environment environment) {
        return new OrtRunners(
                RunnerOptions.withKvBytes(kvBytes.toBytes()),
                RunnerOptions.onCard(0, cardKvBytes.toBytes()),
                cards(environment));
    }

    @Bean(initMethod = "start")
    CardReport cardReport(Environment environment) {
        return new CardReport(cards(environment));
    }

    /// Which of the host's cards this service uses, by their numbers.
    ///
    /// @throws IllegalArgumentException if one is no number of a card
    static List<Integer> cards(Environment environment) {
        return Binder.get(environment).bind(CARDS, Bindable.listOf(String.class)).orElse(FIRST_CARD).stream()
                .map(String::strip)
                .map(InferenceApplication::card)
                .toList();
    }

    private static int card(String number) {
        if (!CARD.matcher(number).matches()) {
            throw new IllegalArgumentException(
                    CARDS + " must list numbers of cards, as in 0,1; given: '" + number + "'");
        }
        return Integer.parseInt(number);
    }
}
