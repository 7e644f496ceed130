package io.dipper.registry.designs;

import jakarta.annotation.PreDestroy;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/// Brings the published designs into the database once the registry is up, so that nobody waits for
/// them.
@Component
class DesignSeed {
    private static final Logger LOG = LoggerFactory.getLogger(DesignSeed.class);

    private final DesignStore store;
    private volatile boolean closed;

    DesignSeed(DesignStore store) {
        this.store = store;
    }

    @EventListener(ApplicationReadyEvent.class)
    void start() {
        Thread.ofVirtual().name("designs").start(this::seed);
    }

    private void seed() {
        List<PublishedDesign> designs = PublishedDesigns.all();
        try {
            designs.forEach(store::put);
            store.keepOnly(designs.stream().map(PublishedDesign::name).toList());
            LOG.info("{} published designs are known", designs.size());
        } catch (DataAccessException failure) {
            // The rows of an earlier start stay; the next start tries again.
            if (!closed) {
                LOG.warn("the published designs could not be written: {}", failure.getMessage());
            }
        }
    }

    /// The database goes after this.
    @PreDestroy
    void close() {
        closed = true;
    }
}
