package io.dipper.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/// Python's numbers: integers of any size (`Long` where it fits, else `BigInteger`), floats, and
/// booleans that count as 0 and 1.
final class Numbers {
    private static final int MAX_BITS = 20_000;

    private Numbers() {}

    static boolean is(Object value) {
        return value instanceof Long
                || value instanceof Double
                || value instanceof Boolean
                || value instanceof BigInteger;
    }

    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    static Object narrow(BigInteger value) {
        if (value.bitLength() > MAX_BITS) {
            throw new TemplateException(TemplateException.Kind.LIMIT, "an integer is too large");
        }
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    static BigInteger integer(Object value) {
        return switch (value) {
            case Long number -> BigInteger.valueOf(number);
            case Boolean flag -> flag ? BigInteger.ONE : BigInteger.ZERO;
            case BigInteger number -> number;
            default -> throw new IllegalStateException("not an integer: " + value.getClass());
        };
    }

    static double real(Object value) {
        return value instanceof Double number ? number : integer(value).doubleValue();
    }

    static int compare(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            double a = real(left);
            double b = real(right);
            if (Double.isNaN(a) || Double.isNaN(b) || Double.isInfinite(a) || Double.isInfinite(b)) {
                return Double.compare(a, b);
            }
            return decimal(left).compareTo(decimal(right));
        }
        return integer(left).compareTo(integer(right));
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(integer(value));
    }

    static Object binary(String operator, Object left, Object right) {
        if (operator.equals("/")) {
            return divide(real(left), real(right));
        }
        if (left instanceof Double || right instanceof Double) {
            return reals(operator, real(left), real(right));
        }
        BigInteger a = integer(left);
        BigInteger b = integer(right);
        return switch (operator) {
            case "+" -> narrow(a.add(b));
            case "-" -> narrow(a.subtract(b));
            case "*" -> narrow(a.multiply(b));
            case "//" -> narrow(floorDivide(a, b));
            case "%" -> narrow(a.subtract(floorDivide(a, b).multiply(b)));
            case "**" -> power(a, b);
            default -> throw new IllegalStateException("no operator: " + operator);
        };
    }

    private static Object reals(String operator, double a, double b) {
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "//" -> Math.floor((double) divide(a, b));
            case "%" -> {
                divide(a, b);
                double rest = a % b;
                yield rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
            }
            case "**" -> Math.pow(a, b);
            default -> throw new IllegalStateException("no operator: " + operator);
        };
    }

    private static Object divide(double a, double b) {
        if (b == 0) {
            throw new TemplateException(TemplateException.Kind.VALUE, "division by zero");
        }
        return a / b;
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        if (b.signum() == 0) {
            throw new TemplateException(TemplateException.Kind.VALUE, "division by zero");
        }
        BigInteger[] parts = a.divideAndRemainder(b);
        boolean rounds = parts[1].signum() != 0 && parts[1].signum() != b.signum();
        return rounds ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Object power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return Math.pow(base.doubleValue(), exponent.doubleValue());
        }
        if (exponent.bitLength() > 30 || (long) base.bitLength() * exponent.intValue() > MAX_BITS) {
            throw new TemplateException(TemplateException.Kind.LIMIT, "an integer is too large");
        }
        return narrow(base.pow(exponent.intValue()));
    }

    /// A float as Python prints it: the fewest digits that read back the same; an exponent below -4
    /// and from 16 on.
    static String text(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
        if (value == 0) {
            return sign + "0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
        String digits = decimal.unscaledValue().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            int size = Math.abs(exponent);
            return sign + digits.charAt(0) + fraction + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
        }
        String plain = decimal.toPlainString();
        return sign + (plain.contains(".") ? plain : plain + ".0");
    }
}
