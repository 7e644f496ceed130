package io.dipper.servicesupport.http;

/// The secret by which the services of one platform know each other.
public record ServiceToken(String value) {

    public ServiceToken {
        if (value.length() < 16) {
            throw new IllegalArgumentException("the service token needs 16 characters at least");
        }
    }

    @Override
    public String toString() {
        return "ServiceToken[…]";
    }
}
