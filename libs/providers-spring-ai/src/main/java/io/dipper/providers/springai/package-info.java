/// Spring AI's chat models as gateway backends.
package io.dipper.providers.springai;
