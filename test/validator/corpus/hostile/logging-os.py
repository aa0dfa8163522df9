from logging import os
