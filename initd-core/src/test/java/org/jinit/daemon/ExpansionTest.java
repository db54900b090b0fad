package org.jinit.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpansionTest {
    private static final Map<String, String> VARIABLES = Map.of("NAME", "two words", "EMPTY", "", "NEST", "${NAME}");

    @Test
    void valueWithSpaceStaysOneWord() throws Exception {
        assertThat(Expansion.words(List.of("echo", "${NAME}"), VARIABLES)).containsExactly("echo", "two words");
    }

    @Test
    void adjacentVariablesJoin() throws Exception {
        assertThat(Expansion.word("<${NAME}${NAME}>", VARIABLES)).isEqualTo("<two wordstwo words>");
    }

    @Test
    void defaultIsTakenWhenUnsetOrEmpty() throws Exception {
        assertThat(Expansion.word("${MISSING:-a}${EMPTY:-b}${NAME:-c}", VARIABLES)).isEqualTo("abtwo words");
    }

    @Test
    void doubleDollarIsADollarAndALoneOneStays() throws Exception {
        assertThat(Expansion.word("$$NAME $HOME cost 5$", VARIABLES)).isEqualTo("$NAME $HOME cost 5$");
    }

    @Test
    void valueIsNotExpandedAgain() throws Exception {
        assertThat(Expansion.word("${NEST}", VARIABLES)).isEqualTo("${NAME}");
    }

    @Test
    void unsetVariableIsAnErrorThatNamesIt() {
        assertThatThrownBy(() -> Expansion.word("${MISSING}", VARIABLES))
                .hasMessageContaining("variable MISSING is not set");
    }

    @Test
    void openBraceIsAnError() {
        assertThatThrownBy(() -> Expansion.word("${NAME", VARIABLES)).hasMessageContaining("without }");
    }
}
