package org.jinit.config;

import org.jinit.model.ServiceName;

/** Names as files and keys have them: of services, and of templates, which end in {@code @}. */
final class ServiceNames {
    private ServiceNames() {}

    /** {@code web@} of {@code web@.yaml}. */
    static boolean isTemplate(String text) {
        return text.endsWith("@") && ServiceName.isStem(text.substring(0, text.length() - 1));
    }

    static String hint(String wrong) {
        String stem = wrong.endsWith(".yaml") ? wrong.substring(0, wrong.length() - 5) : wrong;
        return stem.length() < wrong.length() && ServiceName.isValid(stem)
                ? "did you mean '" + stem + "'?"
                : "a name has letters, digits, '_', '.' and '-', begins with a letter or digit, and is at most 64 long";
    }
}
