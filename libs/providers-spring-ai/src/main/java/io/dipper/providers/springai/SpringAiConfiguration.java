package io.dipper.providers.springai;

import io.dipper.servicesupport.backend.BackendModule;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/// Every Spring AI chat model of the context becomes a model of the gateway. Which models there are is
/// for the starters on the class path and their `spring.ai.*` properties to say.
@BackendModule
@Configuration(proxyBeanMethods = false)
@Import(SpringAiStarters.class)
public class SpringAiConfiguration {

    /// Names that clients ask for: `dipper.spring-ai.names.BEAN`, else the model's own name.
    @Bean
    SpringAiBackend springAiBackend(ListableBeanFactory beans, Environment environment) {
        Map<String, ChatModel> named = new LinkedHashMap<>();
        beans.getBeansOfType(ChatModel.class)
                .forEach((bean, model) -> named.put(name(bean, model, environment), model));
        return new SpringAiBackend(named);
    }

    private static String name(String bean, ChatModel model, Environment environment) {
        return Binder.get(environment)
                .bind("dipper.spring-ai.names." + dashed(bean), String.class)
                .orElseGet(() -> {
                    String own = model.getOptions().getModel();
                    return own == null || own.isBlank() ? bean : own;
                });
    }

    /// `ollamaChatModel` as `ollama-chat-model`.
    private static String dashed(String bean) {
        return bean.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }
}
