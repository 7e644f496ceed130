package io.dipper.gateway.keys;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import io.dipper.servicesupport.http.Authenticator;
import io.dipper.servicesupport.http.ServiceToken;
import java.util.concurrent.Executors;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Keys, and the first of them: a gateway without any makes an administrator's key and leaves it in
/// `admin.key`.
@Configuration(proxyBeanMethods = false)
@Import(KeyController.class)
public class KeyConfiguration {

    @Bean
    KeyStore keyStore(JdbcClient jdbc, DipperHome home) {
        var keys = new KeyStore(jdbc, new KeyHash(SecretFile.readOrCreate(home.keySecret(), SecretFile::random)));
        if (keys.isEmpty()) {
            keys.add("first administrator", "admin", SecretFile.readOrCreate(home.adminKey(), KeyStore::newKey));
        }
        return keys;
    }

    @Bean(destroyMethod = "dispose")
    Scheduler blockingCalls() {
        return Schedulers.fromExecutorService(Executors.newVirtualThreadPerTaskExecutor(), "keys");
    }

    @Bean
    KeyAuthenticator keyAuthenticator(KeyStore keys, ServiceToken token, Scheduler blockingCalls) {
        return new KeyAuthenticator(keys, Authenticator.serviceToken(token.value()), blockingCalls);
    }
}
