package io.dipper.registry.designs;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/// Published designs: their rows, routes and seed.
@Configuration(proxyBeanMethods = false)
@Import({DesignStore.class, DesignController.class, DesignSeed.class})
public class DesignConfiguration {}
