# $(call compile,<folder>,<where it is on Lambda>): a .pyc beside each module, by the runtime's own Python, so that a
# cold start compiles nothing. Unchecked: layers never change where they are deployed. Same sources, same bytes.
# Without that Python the .pyc are left out, because another minor version's would only be ballast.
LAMBDA_PYTHON ?= $(LAMBDA_RUNTIME)
IS_RUNTIME = $(LAMBDA_PYTHON) -c 'import sys; sys.exit("python%d.%d" % sys.version_info[:2] != "$(LAMBDA_RUNTIME)")'

define compile
	@if $(IS_RUNTIME) >/dev/null 2>&1; then \
		PYTHONHASHSEED=0 $(LAMBDA_PYTHON) -m compileall -q -f --invalidation-mode unchecked-hash -s "$1" -p "$2" "$1"; \
	else \
		echo "greenroom: no $(LAMBDA_RUNTIME) on this computer: .pyc files are left out, each cold start compiles"; \
	fi
endef
