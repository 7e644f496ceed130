// Runs before the first paint, so that a dark page never flashes white. A file of its own, because the pages allow no inline scripts.
(function () {
    var stored = null;
    try {
        stored = localStorage.getItem('mantine-color-scheme-value');
    } catch {
        // Storage can be forbidden; the system's preference is good enough then.
    }
    var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
