package io.dipper.transformer.diagram;

import java.util.Locale;

/// Shapes and words of a picture, escaped and with few decimals. Coordinates are in pixels.
final class Svg {
    private final StringBuilder content = new StringBuilder();
    private final int width;
    private final int height;

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
    }

    Svg rect(double x, double y, double width, double height, String colour) {
        return add(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                x,
                y,
                width,
                height,
                colour));
    }

    Svg line(double x1, double y1, double x2, double y2, String colour) {
        return add(String.format(
                Locale.ROOT,
                "<path d=\"M%.1f %.1f L%.1f %.1f\" stroke=\"%s\" fill=\"none\"/>",
                x1,
                y1,
                x2,
                y2,
                colour));
    }

    /// A line through points given as `x y` pairs.
    Svg curve(String points, String colour) {
        return add(String.format(
                Locale.ROOT,
                "<polyline points=\"%s\" stroke=\"%s\" stroke-width=\"2\" fill=\"none\"/>",
                points,
                colour));
    }

    Svg dot(double x, double y, String colour) {
        return add(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>", x, y, colour));
    }

    /// `anchor` is start, middle or end.
    Svg text(double x, double y, String text, String anchor, String attributes) {
        return add(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#1f2937\" %s>%s</text>",
                x,
                y,
                anchor,
                attributes,
                text.replace("&", "&amp;").replace("<", "&lt;")));
    }

    private Svg add(String shape) {
        content.append(shape).append('\n');
        return this;
    }

    String document() {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
                font-family="Inter, Helvetica, Arial, sans-serif" font-size="12">
                <rect width="%d" height="%d" fill="#fff"/>
                %s</svg>
                """.formatted(width, height, width, height, width, height, content);
    }
}
