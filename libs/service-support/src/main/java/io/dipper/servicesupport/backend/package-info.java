/// What a gateway can send requests to, by one small interface.
package io.dipper.servicesupport.backend;
