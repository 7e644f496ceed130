/// `dipper designs`: the comparison of the published designs as a page, computed from their trees.
package io.dipper.cli.designs;
